import type { Project } from '@yardmaster/domain/projects'
import { afterAll, beforeAll } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../testing.ts'
import { unique } from './samples.ts'

type DatabaseInUse = Omit<TestDatabase, typeof Symbol.asyncDispose>

/** Provides a database for the tests of a file or a `describe`: opened before them, closed after them. */
export function useTestDatabase(): DatabaseInUse {
  let opened: TestDatabase | undefined
  const present = (): TestDatabase => {
    if (!opened) throw new Error('the database is available in tests and hooks only')
    return opened
  }
  beforeAll(async () => {
    opened = await openTestDatabase()
  })
  afterAll(() => opened?.[Symbol.asyncDispose]())
  return {
    get db() {
      return present().db
    },
    get secrets() {
      return present().secrets
    },
    get stores() {
      return present().stores
    },
    get url() {
      return present().url
    },
  }
}

/** Creates a separate project for a test. */
export async function makeProject({ stores }: DatabaseInUse, given: Partial<Project> = {}): Promise<Project> {
  const project = await stores.projects.create({ path: unique(), ...given })
  if (!project) throw new Error('path taken')
  return project
}
