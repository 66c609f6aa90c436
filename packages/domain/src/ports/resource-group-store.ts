import type { ProcessMode, ResourceGroup } from '../resource-groups/resource-group.ts'

/** Resource groups. They come into being with the jobs that name them. */
export interface ResourceGroupStore {
  find(projectId: number, name: string): Promise<ResourceGroup | null>
  /** Returns those of a project, the newest first. */
  list(of: {
    readonly projectId: number
    readonly before?: number | undefined
    readonly limit: number
  }): Promise<ResourceGroup[]>
  /** Returns false when there is no such group. */
  setMode(projectId: number, name: string, mode: ProcessMode): Promise<boolean>
}
