// The table of errors, from which the API's responses, the client's errors and the errors of `pulumi up` are made.
import { counted } from './counted.ts';
import { inOneLine } from './one-line.ts';

/**
 * HTTP status, repeatability and default message of each error code. `retryable` means that the same call may succeed
 * later. Status 0 marks an error that only the client reports.
 */
export const ERRORS = {
  InvalidParameter: { status: 400, retryable: false, message: 'The request has invalid properties.' },
  'InvalidBackendServers.ServerIpConflict': {
    status: 400,
    retryable: false,
    message: 'Two targets have the same address and port.',
  },
  'IncorrectStatus.RSByPassToas': {
    status: 400,
    retryable: true,
    message: 'A target is not in a state in which it can take traffic.',
  },
  NetworkConflict: {
    status: 400,
    retryable: false,
    message: "A server's region or network is not the load balancer's.",
  },
  'Mismatched.ZoneId': { status: 400, retryable: false, message: "A server's zone is not the load balancer's." },
  BackendServerProcessing: { status: 400, retryable: true, message: 'A server is starting: try again later.' },
  'OperationUnsupported.AddBackendServers': {
    status: 400,
    retryable: false,
    message: 'This type of server may not be bound to this load balancer.',
  },
  'OperationFailed.ActionNotSupport': {
    status: 400,
    retryable: false,
    message: 'The load balancer does not support this action.',
  },
  Unauthenticated: { status: 401, retryable: false, message: 'The bearer token is missing or not known.' },
  Forbidden: { status: 403, retryable: false, message: 'The token does not allow this.' },
  NotFound: { status: 404, retryable: false, message: 'There is no such object.' },
  UnknownRoute: { status: 404, retryable: false, message: 'This runtime has no such route.' },
  MethodNotAllowed: { status: 405, retryable: false, message: 'The route has no such method.' },
  InUse: { status: 409, retryable: true, message: 'The object is used by others.' },
  RuntimeMismatch: { status: 409, retryable: false, message: 'The endpoint is another runtime.' },
  PortInUse: { status: 409, retryable: true, message: 'The address and port are taken.' },
  OwnedByOther: { status: 409, retryable: false, message: 'The object belongs to another owner.' },
  LimitExceeded: { status: 409, retryable: false, message: 'A limit of the token is reached.' },
  Superseded: { status: 409, retryable: true, message: 'A newer write to the same object took the place of this one.' },
  PreconditionFailed: { status: 412, retryable: false, message: 'The object changed since it was read.' },
  UnsupportedEncoding: { status: 415, retryable: false, message: 'The content coding of the body is not supported.' },
  Misdirected: { status: 421, retryable: false, message: 'The request is for another host.' },
  Internal: { status: 500, retryable: true, message: 'The runtime failed; its log has the request id.' },
  SystemBusy: { status: 503, retryable: true, message: 'The runtime is busy or stopping.' },
  Timeout: { status: 504, retryable: true, message: 'The change is stored, but not every data plane has it yet.' },
  Unreachable: { status: 0, retryable: true, message: 'The runtime does not respond.' },
} as const satisfies Record<string, { status: number; retryable: boolean; message: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** A fault in one property of an input, or in the whole input. */
export interface Problem {
  /** Dotted path of the property, such as "targets.b1.weight". An empty path means the whole input. */
  path: string;
  message: string;
  /** Error code of this fault of an input. `undefined` means `InvalidParameter`. */
  code?: ErrorCode;
}

/** The text of one fault, which begins with its property path. */
export function problemText({ path, message }: Problem): string {
  return path === '' ? message : `${path} ${message}`;
}

/** Maximum number of problems that one error reports. Further problems are only counted. */
export const MAX_PROBLEMS = 100;

/** Maximum length of a path or message, several times the longest path of a valid object. */
const MAX_TEXT = 1_000;

/** Joins the texts of several faults into one message, separated by semicolons. `text` makes the text of one fault. */
export function problemsText(problems: readonly Problem[], text: (problem: Problem) => string = problemText): string {
  const left = problems.length - MAX_PROBLEMS;
  const texts = reported(problems).map(text);
  if (left > 0) texts.push(moreProblems(left));
  return texts.join('; ');
}

/** The text for the problems that an error does not name. */
export function moreProblems(count: number): string {
  return `and ${counted(count, 'more problem')}`;
}

/** The problems that an error reports, of which each has a bounded length, because a caller chooses names in paths. */
export function reported<P extends Pick<Problem, 'path' | 'message'>>(problems: readonly P[]): readonly P[] {
  return problems.slice(0, MAX_PROBLEMS).map((problem) => {
    return { ...problem, path: shortened(problem.path), message: shortened(problem.message) };
  });
}

/** A text of another process in one line of a bounded length. */
export function shortened(text: string, limit: number = MAX_TEXT): string {
  // The part that is cut off is not looked at, however long it is.
  const line = inOneLine(text.slice(0, limit + 1));
  return line.length <= limit ? line : `${line.slice(0, limit)}...`;
}

/** An error with one of the codes in `ERRORS`. Compare its `code`, never its text or class. */
export class WeirError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly Problem[];
  /** Id of the API request that failed. `undefined` for an error that was made in this process. */
  requestId: string | undefined;

  constructor(code: ErrorCode, message?: string, details: readonly Problem[] = [], options?: ErrorOptions) {
    super(inOneLine(message ?? ERRORS[code].message), options);
    this.name = 'WeirError';
    this.code = code;
    this.details = reported(details);
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** The error with another message. The original one is its cause. */
export function reworded(error: WeirError, message: string): WeirError {
  const other = new WeirError(error.code, message, error.details, { cause: error });
  other.requestId = error.requestId;
  return other;
}

/** True for a `WeirError`, even if another copy of this package created it. */
export function isWeirError(error: unknown): error is WeirError {
  return error instanceof Error && error.name === 'WeirError' && 'code' in error && String(error.code) in ERRORS;
}

export function hasCode(error: unknown, code: ErrorCode): boolean {
  return isWeirError(error) && error.code === code;
}
