// The program of the clients of a soak.
import { Crew } from './crew.ts';
import { servePart } from './program.ts';

await servePart((ports) => new Crew(ports));
