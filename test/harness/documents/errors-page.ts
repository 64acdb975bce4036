// The generated page provider/errors.md: meaning, causes and remedy of each error code.
import { ERROR_GUIDE, type ErrorChapter } from '../../../provider/model/base/error-guide.ts';
import { ERRORS, type ErrorCode } from '../../../provider/model/base/errors.ts';
import { anchor, table, wrapped } from './markdown.ts';

/** Titles and introductions of the chapters, in the order of the page. */
const CHAPTERS: Readonly<Record<ErrorChapter, readonly [title: string, text: string]>> = {
  rule: [
    'Refused by a rule',
    "Weir follows Alibaba Cloud's rules for AddBackendServers, and its errors have the same names. If the values are " +
      'known, `pulumi preview` already fails with the error.',
  ],
  state: [
    'Refused by the state of the runtime',
    'The write or request does not fit what the runtime has now. Nothing was changed.',
  ],
  permission: [
    'Refused by permissions and ownership',
    'The caller may not do this, or the object belongs to another owner. Nothing was changed.',
  ],
  waiting: [
    'Failed or still under way',
    'The runtime could not be reached, or could not finish the call in time. Run the same command again: every write can be repeated.',
  ],
};

const INTRODUCTION = `# Errors

\`npm run documents\` writes this page from \`provider/model/base/errors.ts\` and \`error-guide.ts\`.

An error of \`pulumi up\` is one line: the path of the property, the fault, and in parentheses the code and the id of the
request in the runtime's log.

\`\`\`text
error: targets.t cannot be bound: server i-1 is in zone z2, and the load balancer in z1 (Mismatched.ZoneId, request ...)
\`\`\`

The API responds with the status of the code and a JSON body
\`{ "code", "message", "requestId", "details": [{ "path", "message", "code" }] }\`. Its \`details\` list each fault of the
request. An error with several kinds of fault has the code \`InvalidParameter\`. Compare codes, never messages.

Errors without a code come from the program itself, before anything is registered: \`weir.Canary shop: ...\` names the
resource and the argument, and \`add pulumi-weir to the dependencies\` means that the project cannot find the package.`;

export function errorsPage(): string {
  const chapters = Object.entries(CHAPTERS).map(([chapter, [title, text]]) =>
    [`## ${title}`, wrapped(text), ...codesOf(chapter).map(entry)].join('\n\n'),
  );
  return `${[INTRODUCTION, overview(), ...chapters].join('\n\n')}\n`;
}

function codesOf(chapter: string): ErrorCode[] {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  return codes.filter((code) => ERROR_GUIDE[code].chapter === chapter);
}

function overview(): string {
  const rows = Object.keys(CHAPTERS)
    .flatMap(codesOf)
    .map((code) => [`[${code}](#${anchor(code)})`, `${ERRORS[code].status || 'none'}`, ERRORS[code].message]);
  return table(['code', 'status', 'meaning'], rows);
}

function entry(code: ErrorCode): string {
  const { status, message, retryable } = ERRORS[code];
  const { causes, remedy } = ERROR_GUIDE[code];
  const repeat = retryable
    ? 'The same call may succeed later.'
    : 'The same call fails again until something is changed.';
  return [
    `### ${code}`,
    `${status === 0 ? 'No status' : `Status ${status}`}. ${message} ${repeat}`,
    wrapped(
      causes.length === 1 ? `Cause: ${causes[0]}` : `Causes:\n\n${causes.map((cause) => `- ${cause}`).join('\n')}`,
    ),
    wrapped(`What to do: ${remedy}`),
  ].join('\n\n');
}
