import '@fontsource-variable/inter/wght.css'
import './app/tokens.css'
import './app/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { startWindow } from './app/start-window.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html lacks #root')
startWindow()
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
