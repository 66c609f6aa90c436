import { Link } from '@tanstack/react-router'
import type { ListedTest } from '../../lib/test-views.ts'
import { duration } from '../../lib/time.ts'
import { NextIcon } from '../ui/icons.tsx'
import { StatusIcon } from '../ui/status.tsx'

const WORDS = { success: 'Passed', failed: 'Failed', error: 'Error', skipped: 'Skipped' } as const
const ICONS = { success: 'success', failed: 'failed', error: 'failed', skipped: 'skipped' } as const

/** A test, with its output behind it. */
export function TestRow({ test, opened }: { test: ListedTest; opened: boolean }) {
  return (
    <li className="relative border-b border-line last:border-0">
      {test.output === null ? (
        <div className="flex items-start gap-2 py-1.5 pr-4 pl-10">
          <Summary test={test} />
        </div>
      ) : (
        <details open={opened} className="group">
          <summary className="flex list-none items-start gap-2 py-1.5 pr-4 pl-4 hover:bg-raised [&::-webkit-details-marker]:hidden">
            <NextIcon className="mt-0.5 size-4 shrink-0 text-soft transition-transform group-open:rotate-90" />
            <Summary test={test} />
          </summary>
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keyboard
            tabIndex={0}
            className="max-h-96 overflow-auto border-t border-line bg-log-ground px-4 py-2 font-mono text-xs leading-5 break-words whitespace-pre-wrap focus-visible:-outline-offset-2 md:pl-10"
          >
            {test.output}
          </pre>
        </details>
      )}
      <Link
        to="/jobs/$jobId"
        params={{ jobId: test.jobId }}
        title={`Job #${test.jobId}`}
        className="absolute top-1.5 right-20 max-w-[30%] truncate text-xs leading-5 text-soft underline hover:no-underline max-md:static max-md:mb-1.5 max-md:ml-16 max-md:block max-md:max-w-none"
      >
        {test.jobName}
      </Link>
    </li>
  )
}

const Summary = ({ test: { name, classname, suite, status, seconds } }: { test: ListedTest }) => (
  <>
    <span className="mt-0.5 shrink-0" title={WORDS[status]}>
      <StatusIcon status={ICONS[status]} />
      <span className="sr-only">{WORDS[status]}</span>
    </span>
    <span className="min-w-0 flex-1 text-sm md:mr-[32%]">
      <span className="font-medium break-words">{name}</span>{' '}
      <span className="text-xs break-words text-soft">
        {classname === null || classname === suite ? suite : `${suite} · ${classname}`}
      </span>
    </span>
    <span className="w-16 shrink-0 text-right text-xs leading-5 text-soft">
      {seconds === null ? '' : duration(seconds * 1000)}
    </span>
  </>
)
