/** What the programs with a queue of jobs are asked. */
export type QueueQuestion =
  | { readonly kind: 'fill'; readonly jobs: number }
  | { readonly kind: 'claim'; readonly jobs: number; readonly concurrency: number }
