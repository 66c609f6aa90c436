export const PROCESS_MODES = ['unordered', 'oldest_first', 'newest_first', 'newest_ready_first'] as const
/** The order in which the jobs of a resource group take turns (`docs/pipelines.md 12`). */
export type ProcessMode = (typeof PROCESS_MODES)[number]

/** Jobs of a project that name it run one at a time. It comes into being with the first job that names it. */
export interface ResourceGroup {
  readonly id: number
  readonly name: string
  readonly mode: ProcessMode
  /** The job that has the resource. */
  readonly heldBy: number | null
  /** How many jobs wait for the resource. */
  readonly waiting: number
}
