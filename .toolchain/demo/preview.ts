// `npm run preview`: shows what `up` would change. Arguments go to Pulumi: `npm run preview -- --diff`.
import { prepareStack } from './prepare.ts';
import { pulumi } from './pulumi.ts';
import { readRecord } from './record.ts';
import { steps } from './steps.ts';

/** Shows the preview. Neither the runtime nor the backends need to run for it. */
export async function preview(args: readonly string[]): Promise<void> {
  const record = readRecord();
  await steps([{ title: 'Stack', run: () => prepareStack(record) }]);
  await pulumi('preview', args);
  if (!args.includes('--diff')) {
    process.stdout.write('\nEach property: npm run preview -- --diff    To change it: npm run up\n');
  }
}
