// The program of the targets of a soak.
import { servePart } from './program.ts';
import { Targets } from './targets.ts';

await servePart(() => Targets.start());
