// A limit for how long something is waited for.

/** Returns the result of the promise in an object, which tells one that is `undefined` from none within `deadlineMs`. */
export async function resultWithin<T>(promise: Promise<T>, deadlineMs: number): Promise<{ result: T } | undefined> {
  return await withDeadline(
    promise.then((result) => ({ result })),
    deadlineMs,
  );
}

/** Returns the result of the promise, or `undefined` if it takes longer than `deadlineMs`. */
export async function withDeadline<T>(promise: Promise<T>, deadlineMs: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, deadlineMs, undefined);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
