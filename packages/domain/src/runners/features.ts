import type { Manager } from './runner.ts'

/**
 * Names of the features a runner announces. Present means neither false nor null; through form encoding even the text
 * "false" counts.
 *
 * @see `job-request.md` 7
 */
export function announcedFeatures(features: Manager['features'] | null | undefined): string[] {
  return Object.entries(features ?? {})
    .filter(([, value]) => value !== false && value !== null && value !== undefined)
    .map(([name]) => name)
}
