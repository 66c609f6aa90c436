/** The forges whose statuses are known here. */
export const FORGES = ['gitea', 'forgejo', 'github', 'gitlab'] as const
export type Forge = (typeof FORGES)[number]
