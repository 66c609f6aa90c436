/** What waits and who could work, at a glance. */
export { type Overview, readOverview } from './read-overview.ts'
