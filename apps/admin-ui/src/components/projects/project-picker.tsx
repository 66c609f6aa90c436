import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { trpc } from '../../lib/api.ts'
import { type PickedProps, Picker } from '../ui/picker.tsx'

const MOST = 20

/** Picks a project, found by a part of its path or name. */
export function ProjectPicker({ value, none, except = [], ...rest }: PickedProps & { except?: readonly number[] }) {
  const [text, setText] = useState('')
  const { data: found } = useQuery(
    trpc.projects.list.queryOptions(
      { limit: MOST + except.length, ...(text && { search: text }) },
      { staleTime: 30_000, placeholderData: keepPreviousData },
    ),
  )
  const { data: chosen } = useQuery(
    trpc.projects.get.queryOptions({ id: value ?? 0 }, { enabled: value !== null, staleTime: 30_000 }),
  )
  return (
    <Picker
      {...rest}
      none={text ? null : none}
      placeholder={none}
      chosen={value === null ? null : { id: value, name: chosen?.id === value ? chosen.path : `#${value}` }}
      choices={(found?.items ?? [])
        .filter(({ id }) => !except.includes(id))
        .map(({ id, path }) => ({ id, name: path }))}
      onType={setText}
    />
  )
}
