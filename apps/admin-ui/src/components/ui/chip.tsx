import type { ReactNode } from 'react'

const CHIP_TONES = {
  plain: 'bg-raised text-soft',
  warn: 'bg-warn-wash text-warn',
  bad: 'bg-bad-wash text-bad',
  accent: 'bg-accent-wash text-accent',
} as const

export function Chip({
  children,
  tone = 'plain',
  mono = false,
}: {
  children: ReactNode
  tone?: keyof typeof CHIP_TONES
  mono?: boolean
}) {
  return (
    <span
      className={`inline-block max-w-full truncate rounded align-middle px-1.5 text-xs leading-5 ${mono ? 'font-mono text-[0.6875rem]' : 'font-medium'} ${CHIP_TONES[tone]}`}
    >
      {children}
    </span>
  )
}

/** Shows runner tags, at most the first `most`. */
export function Tags({ tags, most = Number.POSITIVE_INFINITY }: { tags: readonly string[]; most?: number }) {
  if (tags.length === 0) return null
  const shown = tags.slice(0, most)
  const more = tags.slice(most)
  return (
    <span className="inline-flex max-w-full flex-wrap gap-1 align-middle">
      {shown.map((tag) => (
        <Chip key={tag} mono>
          {tag}
        </Chip>
      ))}
      {more.length > 0 && (
        <span className="text-xs leading-5 text-soft" title={more.join(', ')}>
          +{more.length}
        </span>
      )}
    </span>
  )
}
