import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Pipeline } from '../../lib/api.ts'
import { creatorWords, sourceWords } from '../../lib/words.ts'
import { OnRecord } from '../audit-event.tsx'
import { StatusOfPipeline, useStatusOf } from '../commit-statuses/status-of-pipeline.tsx'
import { Chip } from '../ui/chip.tsx'
import { RefName } from '../ui/ref-name.tsx'
import { Ago } from '../ui/time.tsx'
import { CoverageTrend } from './coverage-trend.tsx'
import { PipelineDuration } from './pipeline-duration.tsx'

const SHORT_SHA = 12

/** The facts about a pipeline in one strip below its name. */
export function PipelineFacts({ pipeline }: { pipeline: Pipeline }) {
  const creator = creatorWords(pipeline)
  const status = useStatusOf(pipeline)
  return (
    <section aria-label="About" className="rounded-lg border border-line bg-panel px-4 py-3">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 text-sm md:flex md:flex-wrap">
        <Fact name="Ref">
          <span className="flex min-w-0 items-center gap-1.5">
            <RefName of={pipeline} />
            {pipeline.protected && <Chip>protected</Chip>}
          </span>
        </Fact>
        {pipeline.sha !== null && (
          <Fact name="Commit">
            <code className="font-mono text-xs" title={pipeline.sha}>
              {pipeline.sha.slice(0, SHORT_SHA)}
            </code>
            {pipeline.commitTitle !== null && <span className="ml-2 break-words">{pipeline.commitTitle}</span>}
          </Fact>
        )}
        {status && (
          <Fact name="Commit status">
            <StatusOfPipeline status={status} />
          </Fact>
        )}
        <Fact name="Source">{sourceWords(pipeline)}</Fact>
        {creator !== null && <Fact name="Created by">{creator}</Fact>}
        {pipeline.parentId !== null && (
          <Fact name="Child of">
            <Link
              to="/pipelines/$pipelineId"
              params={{ pipelineId: pipeline.parentId }}
              className="underline hover:no-underline"
            >
              Pipeline #{pipeline.parentId}
            </Link>
          </Fact>
        )}
        <Fact name="Created">
          <Ago at={pipeline.createdAt} />
        </Fact>
        <Fact name="Duration">
          <PipelineDuration pipeline={pipeline} />
        </Fact>
        {pipeline.coverage !== null && (
          <Fact name="Coverage">
            <CoverageTrend pipeline={{ ...pipeline, coverage: pipeline.coverage }} />
          </Fact>
        )}
        <Fact name="Number in the project">{pipeline.iid}</Fact>
        <Fact name="History">
          <OnRecord kind="pipeline" id={pipeline.id} />
        </Fact>
      </dl>
    </section>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="min-w-0 max-w-full">
    <dt className="label-caps">{name}</dt>
    <dd className="min-w-0 truncate">{children}</dd>
  </div>
)
