/** Code that belongs to no noun: services over the ports, refusals, settings, tokens, time. */
export { CLOCK_LOOK_MS, watchClock } from './clock.ts'
export type { CompilerBusy, DomainError } from './errors.ts'
export { measureJson } from './json-shape.ts'
export { limitConcurrency } from './limit-concurrency.ts'
export { openServices, type Services } from './services.ts'
export { DEFAULT_SETTINGS, type Policy, type Settings } from './settings.ts'
export { Slices } from './slices.ts'
export { digestOf, newOpaqueValue, newRegistrationToken } from './tokens.ts'
