// The arguments of each resource class are the properties of its kind's schema: tsc refuses this file if they differ.
import type { Unwrap } from '@pulumi/pulumi';
import type { z } from 'zod';
import type { Kind, RESOURCE_CLASSES } from '../../../provider/model/base/kinds.ts';
import type { SCHEMAS } from '../../../provider/model/objects/schemas.ts';
import type { AdoptionArgs } from '../../../sdk/adoption.ts';
import type * as weir from '../../../sdk/index.ts';

type Constructor<K extends Kind> = (typeof weir)[(typeof RESOURCE_CLASSES)[K]];

/** The arguments of a kind's class as plain values, without those of adoption, which only Pulumi's side knows. */
type Arguments<K extends Kind> = Omit<
  Unwrap<NonNullable<ConstructorParameters<Constructor<K>>[1]>>,
  keyof AdoptionArgs
>;

/** Writes out every alias and intersection at every depth, so that types which allow the same values are identical. */
type Plain<T> = T extends object ? { [Name in keyof T]: Plain<T[Name]> } : T;

type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/**
 * The names of the properties that only one of the types has, or that differ at any depth in values or in being
 * optional.
 */
type Differences<A, B> = {
  [Name in keyof A | keyof B]-?: IsSame<Pick<A, Name & keyof A>, Pick<B, Name & keyof B>> extends true ? never : Name;
}[keyof A | keyof B];

type DifferencesByKind = {
  [K in Kind]: Differences<Plain<Arguments<K>>, Plain<z.input<(typeof SCHEMAS)[K]>>>;
};

({}) as DifferencesByKind satisfies Record<Kind, never>;
