import { duration } from './time.ts'

/** Returns how long a request took: `12 ms`, `3 s`. */
export const took = ({ durationMs }: { readonly durationMs: number }): string =>
  durationMs < 1000 ? `${Math.round(durationMs)} ms` : duration(durationMs)
