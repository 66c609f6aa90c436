export * from './line.ts'
export * from './links.ts'
export * from './parser.ts'
export * from './style.ts'
