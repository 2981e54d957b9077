import { hotRoutes } from './benches/hot-routes.ts'
export const benches = [hotRoutes] as const
