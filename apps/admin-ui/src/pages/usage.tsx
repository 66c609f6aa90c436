import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { SettingsHeader } from '../components/settings/settings-header.tsx'
import { Button } from '../components/ui/button.tsx'
import { Select } from '../components/ui/field.tsx'
import { NextIcon, PreviousIcon } from '../components/ui/icons.tsx'
import { Failed } from '../components/ui/page.tsx'
import { JobTimesTable } from '../components/usage/job-times.tsx'
import { ProjectUsageTable, RunnerUsageTable } from '../components/usage/usage-tables.tsx'
import { trpc } from '../lib/api.ts'
import { monthsUntil, monthWords, SPANS } from '../lib/months.ts'
import { given } from '../lib/search.ts'

const route = getRouteApi('/shell/usage')
const SHOWN_MONTHS = 24
/** No event announces usage, so the page is polled. */
const RECHECK_MS = 60_000
const KEEP = { refetchInterval: RECHECK_MS, placeholderData: keepPreviousData } as const

export function UsagePage() {
  const { month: chosen, hours = 24 } = route.useSearch()
  const navigate = useNavigate({ from: '/usage' })
  const asked = given({ month: chosen })
  const projects = useQuery(trpc.usage.projects.queryOptions(asked, KEEP))
  const runners = useQuery(trpc.usage.runners.queryOptions(asked, KEEP))
  const times = useQuery(trpc.usage.times.queryOptions({ hours }, KEEP))
  const stored = useQuery(trpc.usage.storage.queryOptions(undefined, KEEP))
  const months = monthsUntil(new Date(), SHOWN_MONTHS)
  const [newest = ''] = months
  const month = chosen ?? newest
  const at = months.indexOf(month)
  const go = (to: string | undefined) =>
    void navigate({
      search: (before) => given({ ...before, month: to === newest ? undefined : to }),
      replace: true,
    })
  const failed = [projects, runners, times, stored].find(({ isError, data }) => isError && !data)
  return (
    <>
      <SettingsHeader title="Usage" />
      {failed ? (
        <Failed
          error={failed.error}
          onRetry={() => {
            for (const query of [projects, runners, times, stored]) void query.refetch()
          }}
        />
      ) : (
        <>
          <section aria-labelledby="used" className="mb-8">
            <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
              <h2 id="used" className="text-lg font-semibold">
                Compute minutes
              </h2>
              <div className="flex items-center gap-1">
                <Button
                  kind="quiet"
                  iconOnly
                  aria-label="The month before"
                  disabled={at === months.length - 1}
                  onClick={() => go(months[at + 1])}
                >
                  <PreviousIcon />
                </Button>
                <div className="w-44">
                  <Select aria-label="Month" value={month} onChange={({ target }) => go(target.value)}>
                    {at === -1 && <option value={month}>{monthWords(month)}</option>}
                    {months.map((each) => (
                      <option key={each} value={each}>
                        {monthWords(each)}
                      </option>
                    ))}
                  </Select>
                </div>
                <Button
                  kind="quiet"
                  iconOnly
                  aria-label="The month after"
                  disabled={at <= 0}
                  onClick={() => go(months[at - 1])}
                >
                  <NextIcon />
                </Button>
              </div>
            </div>
            <p className="mb-3 text-sm text-soft">
              Minutes that jobs ran, multiplied by the cost factor of their runner. A job counts in the month in which
              it ended, in UTC.
            </p>
            <div className="grid items-start gap-4 xl:grid-cols-2">
              <ProjectUsageTable
                used={projects.data?.items}
                stored={stored.data?.items}
                stale={projects.isPlaceholderData}
              />
              <RunnerUsageTable used={runners.data?.items} stale={runners.isPlaceholderData} />
            </div>
          </section>
          <section aria-labelledby="times">
            <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
              <h2 id="times" className="text-lg font-semibold">
                How long jobs wait and run
              </h2>
              <div className="w-44">
                <Select
                  aria-label="Jobs that ended in"
                  value={hours}
                  onChange={({ target }) =>
                    void navigate({
                      search: (before) =>
                        given({ ...before, hours: target.value === '24' ? undefined : Number(target.value) }),
                      replace: true,
                    })
                  }
                >
                  {SPANS.map(([span, words]) => (
                    <option key={span} value={span}>
                      {words}
                    </option>
                  ))}
                </Select>
              </div>
            </div>
            <JobTimesTable times={times.data} stale={times.isPlaceholderData} />
          </section>
        </>
      )}
    </>
  )
}
