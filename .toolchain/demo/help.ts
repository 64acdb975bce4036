// The help of the quick start's commands, such as `npm run up -- --help`.

const HELP: Readonly<Record<string, string>> = {
  up: `Usage: npm run up [-- ARGUMENT...]

Starts a runtime and backends if they do not run, runs \`pulumi up\` on the stack of examples/quickstart/, sends
requests, and shows which backend responded. It can be run again after each change of the program.

Arguments go to \`pulumi up\`, for example: npm run up -- --diff
`,
  preview: `Usage: npm run preview [-- ARGUMENT...]

Shows what \`npm run up\` would change. Neither the runtime nor the backends have to run.

Arguments go to \`pulumi preview\`, for example: npm run preview -- --diff
`,
  down: `Usage: npm run down [-- ARGUMENT...]

Runs \`pulumi destroy\`, ends the runtime and the backends, and removes their data.

  --force  removes everything without \`pulumi destroy\`

Other arguments go to \`pulumi destroy\`.
`,
};

const COMMON = `
The quick start has a runtime, backends and a Pulumi backend of its own in .quickstart/. \`pulumi COMMAND --help\` lists the
arguments of Pulumi.

Exit codes:
  0    The command is done.
  1    An error, which the last line names.
  130  The command was interrupted.
`;

/** The help of a command. Returns \`undefined\` if the arguments do not ask for it. */
export function helpOf(command: string, args: readonly string[]): string | undefined {
  const text = HELP[command];
  return text !== undefined && args.some((arg) => arg === '--help' || arg === '-h') ? `${text}${COMMON}` : undefined;
}
