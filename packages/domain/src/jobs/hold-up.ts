/**
 * Why a job holds another one up: it has to be over first; it has the resource; or it is ahead in the resource group,
 * because its pipeline is older or newer.
 */
export const HOLD_UP_REASONS = ['dependency', 'has_resource', 'older_pipeline', 'newer_pipeline'] as const
export type HoldUpReason = (typeof HOLD_UP_REASONS)[number]
