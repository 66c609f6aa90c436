import type { ShownInput } from '@yardmaster/ci-config'
import { useMemo } from 'react'
import { type EnteredInputs, typedInputs } from './edited-configuration.ts'

/** Returns entered inputs in the types that the configuration declares; the same object until something changes. */
export function useTypedInputs(
  inputs: EnteredInputs,
  shown: readonly ShownInput[] | null,
): Readonly<Record<string, unknown>> | undefined {
  // What was found anew after each key has other objects, but mostly the same types.
  const types = JSON.stringify(shown?.map(({ name, type }) => [name, type]) ?? [])
  return useMemo(() => typedInputs(new Map(JSON.parse(types)), inputs), [types, inputs])
}
