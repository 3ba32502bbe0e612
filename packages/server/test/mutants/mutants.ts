import { bufferMutants } from "./buffer-mutants.ts";
import { claimMutants } from "./claim-mutants.ts";
import { deliveryMutants } from "./delivery-mutants.ts";
import { flushMutants } from "./flush-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { storeMutants } from "./store-mutants.ts";

export const mutants: readonly Mutant[] = [
  ...bufferMutants,
  ...claimMutants,
  ...flushMutants,
  ...storeMutants,
  ...deliveryMutants,
];
