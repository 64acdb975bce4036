// Expected failures of the quick start: only their message is shown, and it says what to do.

export class DemoError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
