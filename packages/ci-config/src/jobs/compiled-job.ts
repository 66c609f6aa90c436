import type { CrossPipelineNeed, JobNeed } from '../entries/needs.ts'
import type { RefsPolicy } from '../entries/only-except.ts'
import type { Parallel } from '../entries/parallel.ts'
import type { Rule } from '../entries/rules.ts'
import type { YamlVariable } from '../entries/variables.ts'
import type { Json, Place } from '../yaml/tree.ts'

/** A job as the configuration describes it, before anything of a pipeline is known. */
export interface CompiledJob {
  readonly name: string
  readonly stage: string
  readonly when: string
  readonly allowFailure: boolean
  /** A failure with one of these exit codes is allowed; null when not given. */
  readonly allowedExitCodes: readonly number[] | null
  /** Whether it waits for the jobs it needs, or for all earlier stages. */
  readonly schedulingType: 'dag' | 'stage'
  /** Null when neither the job nor `default` has any. */
  readonly tags: readonly string[] | null
  /** Its own variables, then those of its matrix. */
  readonly variables: readonly YamlVariable[]
  /** Which global variables it gets: all, none, or those named. */
  readonly inheritVariables: boolean | readonly string[]
  /** Null when it has no needs, and waits for earlier stages. */
  readonly needs: readonly JobNeed[] | null
  readonly crossPipelineNeeds: readonly CrossPipelineNeed[]
  /** Null when it has none. */
  readonly rules: readonly Rule[] | null
  readonly only: RefsPolicy | null
  readonly except: RefsPolicy | null
  readonly interruptible: boolean | null
  readonly environment: Readonly<Record<string, Json>> | null
  readonly resourceGroup: string | null
  /** Names of jobs whose artifacts it fetches; null when not given. */
  readonly dependencies: readonly string[] | null
  /** Text of a regular expression, without the slashes around it. */
  readonly coverage: string | null
  /** What `parallel` asks for, and how many jobs that makes; null outside of such jobs. */
  readonly parallel: (Parallel & { readonly total: number }) | null
  /** Its number among its parallel jobs, from 1. */
  readonly instance: number | null
  /** In seconds. */
  readonly timeout: number | null
  /** Keywords passed on as they were written: scripts, image, services, caches, artifacts, retry, trigger … */
  readonly keywords: Readonly<Record<string, Json>>
  readonly place: Place | undefined
}
