import type { Manager } from './runner.ts'

/**
 * Returns the names of the features that a runner announces. A feature counts unless it is false or null; in form
 * encoding even the text "false" counts.
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
 * Returns the features used to match a runner: those that it announces, plus details of keywords that its executor
 * ignores as a whole. As in the reference, a shell executor runs every job without its image and services, so the job
 * loses nothing by their options.
 */
export function matchedFeatures(features: Manager['features'] | null | undefined): string[] {
  const announced = announcedFeatures(features)
  return [
    ...announced,
    ...(announced.includes('image') ? [] : OF_IMAGES),
    ...(announced.includes('services') ? [] : OF_SERVICES),
  ]
}
