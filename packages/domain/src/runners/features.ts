import type { Manager } from './runner.ts'

/**
 * Names of the features a runner announces. Present means neither false nor null; through form encoding even the text
 * "false" counts.
 *
 * @see `docs/protocol/job-request.md 7`
 */
export function announcedFeatures(features: Manager['features'] | null | undefined): string[] {
  return Object.entries(features ?? {})
    .filter(([, value]) => value !== false && value !== null && value !== undefined)
    .map(([name]) => name)
}

const OF_IMAGES = ['image_executor_opts']
const OF_SERVICES = ['service_executor_opts', 'service_variables', 'service_multiple_aliases']

/**
 * The features by which a runner is matched: those it announces, and details of what its executor ignores as a whole.
 * A shell runs every job without its image and services, as in the reference, so the job loses nothing by their options.
 */
export function matchedFeatures(features: Manager['features'] | null | undefined): string[] {
  const announced = announcedFeatures(features)
  return [
    ...announced,
    ...(announced.includes('image') ? [] : OF_IMAGES),
    ...(announced.includes('services') ? [] : OF_SERVICES),
  ]
}
