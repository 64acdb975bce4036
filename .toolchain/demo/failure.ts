// What may go wrong in the quick start without being a fault of it: its message says what to do, and nothing else is shown.

export class DemoError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
