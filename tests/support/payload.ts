/** A variable as a runner receives it. */
interface PayloadVariable {
  readonly key: string
  readonly value: string
  readonly public: boolean
  readonly masked: boolean
  readonly file?: true
  readonly raw?: true
}

interface PayloadStep {
  readonly name: string
  readonly script: readonly string[]
  readonly timeout: number
  readonly when: string
  readonly allow_failure: boolean
}

/** The 201 of `POST /jobs/request`, as far as a runner without Git and containers reads it. */
export interface JobPayload {
  readonly id: number
  readonly token: string
  readonly allow_git_fetch: boolean
  readonly job_info: {
    readonly id: number
    readonly name: string
    readonly stage: string
    readonly project_id: number
    readonly project_name: string
    readonly time_in_queue_seconds: number | null
    readonly project_jobs_running_on_instance_runners_count: string
  }
  readonly git_info: {
    readonly repo_url: string
    readonly ref: string
    readonly sha: string
    readonly before_sha: string
    readonly ref_type: string
    readonly refspecs: readonly string[]
    readonly depth: number
    readonly protected: boolean | null
  }
  readonly runner_info: { readonly timeout: number; readonly runner_session_url: string | null }
  readonly variables: readonly PayloadVariable[]
  readonly steps: readonly PayloadStep[] | null
  readonly image: { readonly name: string; readonly entrypoint: readonly string[] | null } | null
  readonly services: readonly { readonly name: string; readonly alias: string | null }[]
  readonly artifacts:
    | readonly {
        readonly name: string | null
        readonly untracked?: boolean
        readonly paths: readonly string[] | null
        readonly exclude?: readonly string[]
        readonly when: string | null
        readonly expire_in: string | null
        readonly artifact_type: string
        readonly artifact_format: string
      }[]
    | null
  readonly cache: readonly { readonly key: string }[]
  readonly credentials: readonly unknown[]
  readonly dependencies: readonly {
    readonly id: number
    readonly name: string
    readonly token: string
    readonly artifacts_file?: { readonly filename: string; readonly size: number }
  }[]
  readonly hooks: readonly { readonly name: string; readonly script: readonly string[] }[]
  readonly secrets: Readonly<Record<string, unknown>>
  readonly inputs: readonly {
    readonly key: string
    readonly value: { readonly type: string; readonly content: unknown }
  }[]
  readonly features: { readonly trace_sections: boolean; readonly failure_reasons: readonly string[] }
  readonly run?: string
}

/** Returns the value that a job sees: when a key occurs several times, the last one counts. */
export function variable({ variables }: Pick<JobPayload, 'variables'>, key: string): string | undefined {
  return variables.findLast((one) => one.key === key)?.value
}
