/** Why a job that was just claimed cannot be handed to a runner, and fails. */
export interface HandOverFailure {
  readonly failureReason: string
  /** What the reason leaves open, in words. */
  readonly failureDetail: string
}
