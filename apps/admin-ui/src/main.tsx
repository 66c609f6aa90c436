import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient } from './lib/api.ts'
import { BASE } from './lib/base.ts'
import { router } from './routes.tsx'
import './styles.css'

const { pathname, search, hash } = window.location
const place = document.querySelector('#app')

if (BASE !== '' && pathname !== BASE && !pathname.startsWith(`${BASE}/`)) {
  // The gateway also answers at the root, for proxies that strip the prefix, but cookies and links need the prefix.
  window.location.replace(BASE + pathname + search + hash)
} else if (place) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  )
}
