// A line of the provider's own to the user, shown by `pulumi preview` and `pulumi up` among the diagnostics.

/** The engine reads a plug-in's standard output, after the port on its first line, as messages to show. */
export function report(line: string): void {
  process.stdout.write(`${line}\n`);
}
