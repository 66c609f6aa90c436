import type { NewHookDelivery } from '../hooks/delivery.ts'

interface StoredRef {
  /** The whole name, such as `refs/heads/main`. */
  readonly name: string
  readonly sha: string
}

/** An object in the object store with objects of git. */
export interface StoredPack {
  readonly key: string
  readonly bytes: number
}

export interface StoredRepository {
  /** How often objects were removed that no ref reaches. */
  readonly removals: number
  /** Another one after every change. */
  readonly version: number
  /** Of all packs. */
  readonly bytes: number
  /** By name. */
  readonly refs: readonly StoredRef[]
  /** In the order in which they came. */
  readonly packs: readonly StoredPack[]
}

/** A change of one ref. Null: the ref is not there before, or afterwards. */
export interface RefChange {
  readonly name: string
  readonly from: string | null
  readonly to: string | null
}

/** A change whose objects are there. */
export interface PushedChange extends RefChange {
  /** The commit that `to` is, or that the tag `to` names; null when the ref is deleted, and for other objects. */
  readonly commit: string | null
}

/** Returns what is to be worked on after changes; null for nothing. */
export type TellOfPush = (made: readonly PushedChange[]) => NewHookDelivery | null

interface StoredPush {
  readonly changes: readonly PushedChange[]
  /** Whether all changes are made or none. */
  readonly isAtomic: boolean
  /** Announced in `ArtifactStore.announce`; null when nothing new came. */
  readonly pack: StoredPack | null
  /** Asked for the changes that are made. */
  readonly tell: TellOfPush
  /** As the repository was when the objects were checked. */
  readonly removals: number
}

interface MadeChanges {
  readonly names: readonly string[]
  /** The id of the delivery that was stored with them; null when there is nothing to be worked on. */
  readonly deliveryId: number | null
}

/** The repositories of projects without an address. They go with their project. */
export interface OwnRepositoryStore {
  /** Returns null when nothing was pushed yet. */
  find(projectId: number): Promise<StoredRepository | null>
  /** Returns null when nothing was pushed yet. */
  version(projectId: number): Promise<number | null>
  /**
   * Makes the changes whose refs are still what they were before, in one transaction with the note of their pack and with
   * the delivery that tells of them.
   *
   * @returns the names of the refs that were changed, and the delivery; `removed` when the project is gone, `swept` when
   * the pack was not announced or its time has passed, `outdated` when objects were removed since the check.
   */
  push(projectId: number, push: StoredPush): Promise<MadeChanges | 'removed' | 'swept' | 'outdated'>
  /** Returns projects whose repositories have more than so many packs, those with the most first. */
  crowded(most: { readonly packs: number; readonly limit: number }): Promise<readonly number[]>
  /**
   * Puts a pack in the place of others, which become strays.
   *
   * @param packs.keepUntil - when the objects of the others go: processes may still be reading them.
   * @returns false when one of the others is no longer there, or the pack was not announced or its time has passed.
   */
  join(
    projectId: number,
    packs: { readonly others: readonly string[]; readonly pack: StoredPack; readonly keepUntil: Date },
  ): Promise<boolean>
  /**
   * Removes refs of working trees that were pushed before a time and whose pipelines are over.
   *
   * @returns how many, up to the limit.
   */
  removeRuns(old: { readonly before: Date; readonly limit: number }): Promise<number>
  /** Returns projects in whose repositories refs were removed before a time, those first that have waited longest. */
  withUnreachable(removed: { readonly before: Date; readonly limit: number }): Promise<readonly number[]>
  /**
   * Puts one pack, or none, in the place of all packs of a repository, which become strays.
   *
   * @param packs.version - of the repository whose refs reach no more than the pack has.
   * @param packs.keepUntil - when the objects of the others go: processes may still be reading them.
   * @returns false when the repository has changed since, or the pack was not announced or its time has passed.
   */
  replacePacks(
    projectId: number,
    packs: { readonly version: number; readonly pack: StoredPack | null; readonly keepUntil: Date },
  ): Promise<boolean>
}
