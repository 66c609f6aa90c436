import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { AuditEventDialog, OutcomeChip, SubjectLink } from '../components/audit-event.tsx'
import { SettingsHeader } from '../components/settings/settings-header.tsx'
import { Button, buttonStyle } from '../components/ui/button.tsx'
import { ABOVE_ROW, type Column, DataTable, ROW_LINK } from '../components/ui/data-table.tsx'
import { ChoiceFilter, Filters, TextFilter } from '../components/ui/filters.tsx'
import { Empty, Failed } from '../components/ui/page.tsx'
import { Clock } from '../components/ui/time.tsx'
import { type AuditEvent, trpc } from '../lib/api.ts'
import { ACTIONS, actorName, givenFields, SUBJECT_KINDS, SUBJECT_WORDS } from '../lib/audit.ts'
import { type Changes, given } from '../lib/search.ts'

const route = getRouteApi('/shell/audit')
const PAGE = 50
/** No event announces audit events, so the list is polled. */
const RECHECK_MS = 10_000

const Subjects = ({ event }: { event: AuditEvent }) => (
  <>
    <SubjectLink kind={event.subjectKind} id={event.subjectId} className={ABOVE_ROW} />
    {event.subjectIds.length > 1 && <span className="text-soft"> and {event.subjectIds.length - 1} more</span>}
  </>
)

/** The beginning of the input, as far as there is room. */
function Given({ event }: { event: AuditEvent }) {
  const fields = givenFields(event)
  if (fields.length === 0) return <span className="text-soft">–</span>
  return (
    <span className="text-xs text-soft">
      {fields
        .map(([name, value]) => (value === null ? name : `${name}: ${name === 'sha' ? value.slice(0, 12) : value}`))
        .join(' · ')}
    </span>
  )
}

const columns = (show: (event: AuditEvent) => void): readonly Column<AuditEvent>[] => [
  { header: 'When', width: 'w-36', cell: ({ at }) => <Clock at={at} /> },
  {
    header: 'Who',
    width: 'w-[20%]',
    cell: ({ actor }) => (
      <>
        {actorName(actor)} <span className="text-xs text-soft">{actor.address}</span>
      </>
    ),
  },
  { header: 'What', width: 'w-64', cell: (event) => <Action event={event} onShow={show} /> },
  { header: 'Subject', width: 'w-44', cell: (event) => <Subjects event={event} /> },
  { header: 'Input', hidden: 'max-lg:hidden', cell: (event) => <Given event={event} /> },
  { header: 'Outcome', width: 'w-24', cell: ({ outcome }) => <OutcomeChip outcome={outcome} /> },
]

const Action = ({ event, onShow }: { event: AuditEvent; onShow: (event: AuditEvent) => void }) => (
  <button
    type="button"
    data-row=""
    aria-haspopup="dialog"
    className={`font-mono text-xs ${ROW_LINK}`}
    onClick={() => onShow(event)}
  >
    {event.action}
  </button>
)

export function AuditPage() {
  const filters = route.useSearch()
  const { action, kind, id } = filters
  const [shown, setShown] = useState<AuditEvent | null>(null)
  const events = useInfiniteQuery(
    trpc.audit.list.infiniteQueryOptions(
      { limit: PAGE, ...given({ action, subjectKind: kind, subjectId: id }) },
      {
        getNextPageParam: ({ nextCursor }) => nextCursor,
        placeholderData: keepPreviousData,
        refetchInterval: RECHECK_MS,
      },
    ),
  )
  const rows = events.data?.pages.flatMap(({ items }) => items)
  return (
    <>
      <SettingsHeader title="Audit" />
      <AuditFilters />
      {events.isError && !rows ? (
        <Failed error={events.error} onRetry={() => void events.refetch()} />
      ) : rows?.length === 0 && !events.isPlaceholderData ? (
        <Empty title="No events match">
          <Link to="/audit" className={buttonStyle()}>
            Show all events
          </Link>
        </Empty>
      ) : (
        <DataTable
          label="Audit events, newest first"
          rows={rows}
          columns={columns(setShown)}
          stale={events.isPlaceholderData}
          card={(event) => (
            <div className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 gap-y-1 text-sm">
              <span className="truncate">
                <Action event={event} onShow={setShown} />
              </span>
              <span className="justify-self-end">
                <OutcomeChip outcome={event.outcome} />
              </span>
              <span className="truncate">
                <Subjects event={event} />
              </span>
              <span className="text-right text-xs text-soft">
                <Clock at={event.at} />
              </span>
              <span className="col-span-2 truncate text-xs text-soft">
                {actorName(event.actor)} {event.actor.address}
              </span>
            </div>
          )}
        />
      )}
      {events.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
            Show older events
          </Button>
        </div>
      )}
      {shown && <AuditEventDialog event={shown} onClose={() => setShown(null)} />}
    </>
  )
}

function AuditFilters() {
  const filters = route.useSearch()
  const navigate = useNavigate({ from: '/audit' })
  const change = (changed: Changes<typeof filters>) =>
    void navigate({ search: (before) => given({ ...before, ...changed }), replace: true })
  const { action } = filters
  const known: readonly string[] = ACTIONS
  const actions = action === undefined || known.includes(action) ? known : [...known, action]
  return (
    <Filters
      label="Filter audit events"
      active={Object.keys(filters).length > 0}
      onClear={() => void navigate({ search: {}, replace: true })}
    >
      <ChoiceFilter
        label="Action"
        all="Any action"
        value={action}
        options={actions.map((name) => [name, name])}
        onChange={(chosen) => change({ action: chosen })}
      />
      <ChoiceFilter
        label="Subject"
        all="Any subject"
        value={filters.kind}
        options={SUBJECT_KINDS.map((kind) => [kind, SUBJECT_WORDS[kind]])}
        onChange={(chosen) => change({ kind: SUBJECT_KINDS.find((kind) => kind === chosen) })}
      />
      <TextFilter
        label="Subject ID"
        value={filters.id?.toString()}
        onChange={(text) => {
          const id = Number(text?.replace('#', ''))
          change({ id: Number.isInteger(id) && id > 0 ? id : undefined })
        }}
      />
    </Filters>
  )
}
