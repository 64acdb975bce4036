// The body of each response that refuses a request.
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../base/errors.ts';

export const errorResponse = z.object({
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  requestId: z.string(),
  details: z.array(z.object({ path: z.string(), message: z.string(), code: z.string().optional() })),
});

export type ErrorResponse = z.infer<typeof errorResponse>;
