import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { liveNow, liveStore } from '../state/live.ts'

/** The present, renewed every ten seconds and with every news of the store's health: often enough for ages in minutes. */
export function useNow(): number {
  const [now, setNow] = useState(liveNow)
  const health = useStore(liveStore, (state) => state.health)
  useEffect(() => {
    const renew = () => setNow(liveNow())
    if (health !== null) renew()
    const timer = setInterval(renew, 10_000)
    return () => clearInterval(timer)
  }, [health])
  return now
}
