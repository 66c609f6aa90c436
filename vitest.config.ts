import { defineConfig } from 'vitest/config'

const report = process.env.REPORT_FILE

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'scripts/**/*.test.mjs'],
    globalSetup: ['packages/db/src/testing/template-folder.ts'],
    // Starting a process and loading the modules for each file would take a third of the time.
    isolate: false,
    // V8 optimizes each function of the embedded database that has run for some milliseconds. That takes more time than
    // it saves in processes that live for minutes.
    execArgv: ['--wasm-tiering-budget=200000000'],
    // Each worker has its databases and servers to itself; more of them only wait for each other.
    maxWorkers: 2,
    // Catches hangs, not slowness: when others write much to the same disk, each flush takes a large part of a second.
    testTimeout: 600_000,
    // The first file makes the template of all databases: seconds of work, which can be minutes on a busy machine.
    hookTimeout: 600_000,
    // By default a condition has one second to come true, which a busy machine can use up.
    expect: { poll: { timeout: 240_000 } },
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
