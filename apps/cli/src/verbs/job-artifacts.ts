import { checkedList } from '../answers.ts'
import type { Artifact } from '../client.ts'
import { download, safeName, save } from '../download.ts'
import { localFailure } from '../failure.ts'
import { type Column, writeList } from '../table.ts'
import type { ServerTools } from '../tools.ts'
import { age, bytes } from '../words.ts'

const COLUMNS: readonly Column<Artifact>[] = [
  { title: 'TYPE', cell: ({ type }) => type },
  { title: 'FILE', cell: ({ filename }) => filename },
  { title: 'SIZE', cell: ({ size }) => bytes(size) },
  { title: 'AGE', cell: ({ createdAt }) => age(createdAt) },
  { title: 'EXPIRES', cell: ({ expireAt }) => expireAt ?? 'never' },
  { title: 'SHA-256', cell: ({ sha256 }) => sha256 },
]

export interface ArtifactOptions {
  /** The folder to save into; absent to list only. */
  readonly download?: string
  readonly type?: string
  readonly replace?: true
}

/** `job artifacts`: lists them, or saves them. */
export async function artifactsOf(tools: ServerTools, id: number, options: ArtifactOptions): Promise<void> {
  const { client, terminal, output, connection } = tools
  const all = checkedList(await client.artifacts.list.query({ jobId: id }), {
    type: 'string',
    filename: 'string',
    size: 'number',
    sha256: 'string',
  })
  const rows = options.type === undefined ? all : all.filter(({ type }) => type === options.type)
  if (rows.length === 0) {
    if (options.download === undefined) {
      await writeList(terminal, output, { rows, columns: COLUMNS, name: ({ filename }) => filename })
      return terminal.say(`Job ${id} has no artifacts.`)
    }
    throw localFailure(
      `Job ${id} has no artifacts${options.type ? ` of the type ${options.type}` : ''}.`,
      `yardmaster job get ${id}`,
    )
  }
  if (options.download === undefined) {
    await writeList(terminal, output, { rows, columns: COLUMNS, name: ({ filename }) => filename })
    return
  }
  for (const { type, filename, size, sha256 } of rows) {
    terminal.say(`Downloading ${filename} (${bytes(size)}).`)
    const path = await save(download(connection, `/download/jobs/${id}/artifacts/${encodeURIComponent(type)}`), {
      folder: options.download,
      name: safeName(filename, type.replace(/\W/g, '_') || 'artifact'),
      sha256,
      replace: options.replace === true,
    })
    await terminal.out(`${path}\n`)
  }
}
