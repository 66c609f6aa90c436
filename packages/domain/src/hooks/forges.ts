import { z } from 'zod'
import type { ForgeEvent } from './forge-event.ts'
import { bitbucket } from './forges/bitbucket.ts'
import type { Forge } from './forges/forge.ts'
import { git } from './forges/git.ts'
import { forgejo, gitea } from './forges/gitea.ts'
import { github } from './forges/github.ts'
import { gitlab } from './forges/gitlab.ts'

/** Kinds of senders: the last part of the address that they send to. */
export const HOOK_KINDS = ['gitea', 'forgejo', 'github', 'gitlab', 'bitbucket', 'git'] as const
export type HookKind = (typeof HOOK_KINDS)[number]

export const FORGES: Readonly<Record<HookKind, Forge>> = { gitea, forgejo, github, gitlab, bitbucket, git }

export const isHookKind = (kind: string): kind is HookKind => Object.hasOwn(FORGES, kind)

const LONGEST_REASON = 500

/**
 * Returns what a forge told, or why it can't be understood: a sentence that names the field, and shows no value of it.
 */
export function readEvent(kind: HookKind, event: string, body: unknown): ForgeEvent | { readonly fault: string } {
  try {
    return FORGES[kind].parse(event, body)
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    const [issue] = error.issues
    const path = issue?.path.map(String).join('.') ?? ''
    return {
      fault: `${path === '' ? 'payload' : path}: ${issue?.message ?? 'not understood'}`.slice(0, LONGEST_REASON),
    }
  }
}
