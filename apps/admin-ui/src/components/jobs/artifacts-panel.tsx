import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Job, trpc } from '../../lib/api.ts'
import { gatewayPath } from '../../lib/base.ts'
import { bytes } from '../../lib/bytes.ts'
import { sentenceOf } from '../../lib/refusal.ts'
import { useAction } from '../ui/action.ts'
import { Button, buttonStyle } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { DownloadIcon } from '../ui/icons.tsx'
import { Panel } from '../ui/page.tsx'
import { Ago } from '../ui/time.tsx'

/** The artifacts of a job: each file to download, and the archive to browse. */
export function ArtifactsPanel({ job }: { job: Job }) {
  const [browsed, setBrowsed] = useState(false)
  const queries = useQueryClient()
  const keep = useAction(trpc.jobs.keepArtifacts.mutationOptions(), 'Artifacts kept', () =>
    queries.invalidateQueries(trpc.jobs.pathFilter()),
  )
  if (job.artifacts.length === 0) return null
  const expires = job.artifacts.some(({ expireAt }) => expireAt !== null)
  return (
    <Panel
      title="Artifacts"
      flush
      actions={
        expires && (
          <Button kind="quiet" busy={keep.isPending} onClick={() => keep.mutate({ id: job.id })}>
            Keep
          </Button>
        )
      }
    >
      <ul>
        {job.artifacts.map((artifact) => (
          <li key={artifact.type} className="border-b border-line py-2 pr-2 pl-4 last:border-0">
            <div className="flex items-center gap-2">
              <div className="min-w-0 flex-1">
                <p className="flex items-center gap-2 text-sm">
                  <span className="truncate font-medium" title={`SHA-256 ${artifact.sha256}`}>
                    {artifact.filename}
                  </span>
                  <Chip>{artifact.type}</Chip>
                </p>
                <p className="text-xs text-soft">
                  {bytes(artifact.size)}
                  {artifact.expireAt ? (
                    <>
                      , expires <Ago at={artifact.expireAt} />
                    </>
                  ) : (
                    ', kept'
                  )}
                </p>
              </div>
              {artifact.browsable && (
                <Button kind="quiet" aria-expanded={browsed} onClick={() => setBrowsed(!browsed)}>
                  Browse
                </Button>
              )}
              <a
                className={buttonStyle('quiet', true)}
                href={gatewayPath(`/download/jobs/${job.id}/artifacts/${artifact.type}`)}
                aria-label={`Download ${artifact.filename}`}
                download
              >
                <DownloadIcon />
              </a>
            </div>
            {artifact.browsable && browsed && <Files jobId={job.id} />}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** A directory may have a hundred thousand entries. */
const PAGE = 200

/** One directory of the archive at a time. */
function Files({ jobId }: { jobId: number }) {
  const [path, setPath] = useState('')
  const files = useInfiniteQuery(
    trpc.artifacts.browse.infiniteQueryOptions(
      { jobId, path, limit: PAGE },
      {
        getNextPageParam: ({ nextCursor }) => nextCursor,
        placeholderData: keepPreviousData,
        staleTime: 60_000,
      },
    ),
  )
  const { error } = files
  const entries = files.data?.pages.flatMap((page) => page.entries)
  const parts = path.split('/').filter(Boolean)
  return (
    <div className="mt-2 mb-1 rounded-md border border-line bg-log-ground text-xs">
      <nav
        aria-label="Directory"
        className="flex flex-wrap items-center gap-1 border-b border-line px-2 py-1 font-mono"
      >
        <button type="button" className="rounded px-1 py-0.5 hover:bg-raised" onClick={() => setPath('')}>
          archive
        </button>
        {parts.map((part, index) => {
          const here = `${parts.slice(0, index + 1).join('/')}/`
          return (
            <span key={here}>
              /{' '}
              <button type="button" className="rounded px-1 py-0.5 hover:bg-raised" onClick={() => setPath(here)}>
                {part}
              </button>
            </span>
          )
        })}
      </nav>
      {error ? (
        <p role="alert" className="px-3 py-2 text-bad">
          {sentenceOf(error)}
        </p>
      ) : (
        <ul className="max-h-80 min-h-16 overflow-y-auto py-1" aria-label={`Files in ${path || 'the archive'}`}>
          {entries?.map((entry) => (
            <li key={entry.path} className="flex items-center gap-2 px-3 hover:bg-raised">
              {entry.directory ? (
                <button
                  type="button"
                  className="min-w-0 flex-1 truncate py-1 text-left font-mono font-medium"
                  onClick={() => setPath(entry.path)}
                >
                  {entry.name.replace(/\/$/, '')}/
                </button>
              ) : (
                <a
                  className="min-w-0 flex-1 truncate py-1 font-mono hover:underline"
                  href={gatewayPath(
                    `/download/jobs/${jobId}/files/${entry.path.split('/').map(encodeURIComponent).join('/')}`,
                  )}
                  download
                >
                  {entry.name}
                </a>
              )}
              {!entry.directory && <span className="text-soft">{bytes(entry.size)}</span>}
            </li>
          ))}
          {entries?.length === 0 && <li className="px-3 py-1 text-soft">This directory is empty.</li>}
          {files.hasNextPage && (
            <li className="px-1 text-center">
              <Button kind="quiet" busy={files.isFetchingNextPage} onClick={() => void files.fetchNextPage()}>
                Show more
              </Button>
            </li>
          )}
        </ul>
      )}
    </div>
  )
}
