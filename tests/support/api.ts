import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '@yardmaster/gateway/api'

// The shapes that the procedures declare. `documented.ts` compares the answers with them while the tests run.

type Outputs = inferRouterOutputs<AppRouter>

/** Every procedure by its name: `jobs.get`. */
export type Procedure = {
  [Noun in keyof Outputs & string]: `${Noun}.${keyof Outputs[Noun] & string}`
}[keyof Outputs & string]

/** What a procedure answers. */
export type Output<Name extends Procedure> = Name extends `${infer Noun extends keyof Outputs}.${infer Verb}`
  ? Verb extends keyof Outputs[Noun]
    ? Outputs[Noun][Verb]
    : never
  : never

export type Job = Output<'jobs.get'>
export type Project = Output<'projects.get'>
export type Artifact = Output<'artifacts.list'>[number]
export type ArchiveEntry = Output<'artifacts.browse'>['entries'][number]
export type TraceSearch = Output<'traces.search'>

/** What `traces.watch` yields: its data, with the event's id beside it. */
export type TraceEvent = DataOf<Output<'traces.watch'>> & {
  /** Byte offset after the event: sent back, it resumes there. */
  readonly id: string
}

type DataOf<Stream> = Stream extends AsyncIterable<{ readonly data: infer Data }> ? Data : never
