import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useMemo, useState } from 'react'
import { client, type JobInPipeline, type PipelineTests } from '../../lib/api.ts'
import { given } from '../../lib/search.ts'
import { firstView, TEST_VIEW_WORDS, TEST_VIEWS, type TestView, viewsOf } from '../../lib/test-views.ts'
import { duration } from '../../lib/time.ts'
import { isOver } from '../../lib/words.ts'
import { Button } from '../ui/button.tsx'
import { Failed, Panel } from '../ui/page.tsx'
import { TestRow } from './test-row.tsx'

/** Rows that are shown at first, and more with each click. */
const PAGE = 100
/** So many outputs are open from the start. */
const OPENED = 3

/** The tests in the reports of a pipeline's jobs. Shows nothing when there are none. */
export function TestsPanel({
  pipelineId,
  jobs,
  view,
}: {
  pipelineId: number
  jobs: readonly JobInPipeline[]
  /** Undefined shows what went wrong. */
  view: TestView | undefined
}) {
  // A report is there before its job is over, so they are asked for again only when another job ended.
  const ended = jobs.filter(({ status }) => isOver(status)).map(({ id }) => id)
  const found = useQuery({
    queryKey: ['tests of a pipeline', pipelineId, ended.join()],
    queryFn: () => client.pipelines.tests.query({ id: pipelineId }),
    enabled: ended.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  })
  if (found.isError && !found.data) return <Failed error={found.error} onRetry={() => void found.refetch()} />
  const tests = found.data
  if (!tests || (tests.total === 0 && tests.notes.length === 0)) return null
  return (
    <Panel title={`Tests (${tests.total})`} flush>
      <Counts tests={tests} />
      {tests.total > 0 && <TestLists tests={tests} view={view} />}
      <Notes tests={tests} />
    </Panel>
  )
}

function Counts({ tests: { total, failed, skipped, seconds, comparedWith } }: { tests: PipelineTests }) {
  const passed = total - failed - skipped
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-1 border-b border-line px-4 py-2 text-sm">
      <Count number={failed} words="failed" tone={failed > 0 ? 'text-bad' : 'text-soft'} />
      <Count number={passed} words="passed" tone={passed > 0 ? 'text-good' : 'text-soft'} />
      <Count number={skipped} words="skipped" tone="text-soft" />
      <span className="text-soft">{duration(seconds * 1000)} in all</span>
      {comparedWith !== null && (
        <span className="text-soft">
          compared with{' '}
          <Link
            to="/pipelines/$pipelineId"
            params={{ pipelineId: comparedWith }}
            className="underline hover:no-underline"
          >
            #{comparedWith}
          </Link>
        </span>
      )}
    </div>
  )
}

const Count = ({ number, words, tone }: { number: number; words: string; tone: string }) => (
  <span className={tone}>
    <strong className="font-semibold">{number}</strong> {words}
  </span>
)

function TestLists({ tests, view: chosen }: { tests: PipelineTests; view: TestView | undefined }) {
  const views = useMemo(() => viewsOf(tests), [tests])
  const view = chosen ?? firstView(views)
  const [pages, setPages] = useState(1)
  const rows = views[view]
  const shown = rows.slice(0, pages * PAGE)
  return (
    <>
      <nav aria-label="Which tests" className="flex flex-wrap gap-1 border-b border-line px-3 py-1.5">
        {TEST_VIEWS.map((one) => (
          <ViewLink key={one} view={one} current={one === view} onOpen={() => setPages(1)}>
            {TEST_VIEW_WORDS[one]} {one !== 'slowest' && <span className="tabular-nums">{views[one].length}</span>}
          </ViewLink>
        ))}
      </nav>
      {rows.length === 0 ? (
        <p className="px-4 py-3 text-sm text-soft">{NOTHING[view]}</p>
      ) : (
        <ul aria-label={`Tests: ${TEST_VIEW_WORDS[view]}`}>
          {shown.map((test, index) => (
            <TestRow key={`${view} ${test.key}`} test={test} opened={view !== 'all' && index < OPENED} />
          ))}
        </ul>
      )}
      {rows.length > shown.length && (
        <div className="flex justify-center border-t border-line py-2">
          <Button kind="quiet" onClick={() => setPages(pages + 1)}>
            Show {Math.min(PAGE, rows.length - shown.length)} more of {rows.length}
          </Button>
        </div>
      )}
    </>
  )
}

const NOTHING: Readonly<Record<TestView, string>> = {
  failed: 'No test failed.',
  new: 'No test failed that did not fail before.',
  flaky: 'No test failed first and passed when its job was retried.',
  slowest: 'The reports do not say how long the tests took.',
  all: 'There are no tests.',
}

function ViewLink({
  view,
  current,
  onOpen,
  children,
}: {
  view: TestView
  current: boolean
  onOpen: () => void
  children: ReactNode
}) {
  return (
    <Link
      from="/pipelines/$pipelineId"
      to="."
      search={(before) => given({ ...before, tests: view })}
      replace
      resetScroll={false}
      onClick={onOpen}
      aria-current={current ? 'true' : undefined}
      activeOptions={{ exact: true, includeSearch: true }}
      className={`rounded-md px-2.5 py-0.5 text-xs leading-5 ${current ? 'bg-accent text-accent-ink' : 'text-soft hover:bg-raised hover:text-ink'}`}
    >
      {children}
    </Link>
  )
}

function Notes({ tests: { notes, truncated } }: { tests: PipelineTests }) {
  if (notes.length === 0 && !truncated) return null
  return (
    <ul className="border-t border-line bg-warn-wash px-4 py-2 text-sm text-warn">
      {notes.map(({ jobId, message }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two reports may have the same fault
        <li key={index}>
          <Link to="/jobs/$jobId" params={{ jobId }} className="underline hover:no-underline">
            Job #{jobId}
          </Link>
          : {message}
        </li>
      ))}
      {truncated && <li>There are more tests or outputs than are listed here. All tests are counted.</li>}
    </ul>
  )
}
