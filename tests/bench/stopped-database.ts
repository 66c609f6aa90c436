import { PGlite } from '@electric-sql/pglite'
import { Client } from 'pg'
import type { Site } from './form.ts'

/** Runs a statement, or several without values. Returns the rows of the only one. */
export type Query = <Row = unknown>(sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>

/**
 * Uses the database of a gateway, which is stopped meanwhile and has another address afterwards. For contents that
 * would take longer to make with requests than everything else.
 */
export async function withDatabase(site: Site, work: (query: Query) => Promise<void>): Promise<void> {
  await site.whileStopped(async () => {
    if (site.databaseUrl === undefined) {
      const pglite = await PGlite.create({ dataDir: `${site.dataDir}/database` })
      await work(async <Row>(sql: string, values?: readonly unknown[]) => {
        if (values) return (await pglite.query<Row>(sql, [...values])).rows
        await pglite.exec(sql)
        return []
      })
      await pglite.close()
      return
    }
    const client = new Client({ connectionString: site.databaseUrl })
    await client.connect()
    await work(async <Row>(sql: string, values?: readonly unknown[]) => {
      const { rows } = values ? await client.query(sql, [...values]) : await client.query(sql)
      return rows as Row[]
    })
    await client.end()
  })
}
