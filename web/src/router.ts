import { createRouter, createWebHistory } from "vue-router";

import { useSession } from "./stores/session";

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/login", name: "login", component: () => import("./pages/LoginPage.vue"), meta: { open: true } },
    { path: "/", name: "home", component: () => import("./pages/TicketsPage.vue") },
    { path: "/console", name: "console", component: () => import("./pages/ConsolePage.vue") },
    { path: "/calls", name: "calls", component: () => import("./pages/CallsPage.vue") },
    { path: "/calls/:id", name: "call", component: () => import("./pages/CallPage.vue"), props: true },
    { path: "/callbacks", name: "callbacks", component: () => import("./pages/CallbacksPage.vue") },
    { path: "/followups", name: "followups", component: () => import("./pages/FollowUpsPage.vue") },
    { path: "/evaluate/:token", name: "evaluate", component: () => import("./pages/EvaluatePage.vue"), props: true, meta: { open: true } },
    { path: "/tickets", name: "tickets", component: () => import("./pages/TicketsPage.vue") },
    { path: "/tickets/:id", name: "ticket", component: () => import("./pages/TicketPage.vue"), props: true },
    { path: "/dispatch", name: "dispatch", component: () => import("./pages/DispatchPage.vue") },
    {
      path: "/admin",
      component: () => import("./pages/admin/AdminShell.vue"),
      children: [
        // Only who administers nothing stays here.
        { path: "", name: "admin", component: { render: () => null } },
        { path: "accounts", name: "admin-accounts", component: () => import("./pages/admin/AccountsPage.vue") },
        { path: "tables/:key", name: "admin-table", component: () => import("./pages/admin/TablePage.vue") },
        { path: "calendar", name: "admin-calendar", component: () => import("./pages/admin/CalendarPage.vue") },
        { path: "rules", name: "admin-rules", component: () => import("./pages/admin/RulesPage.vue") },
        { path: "catalogue", name: "admin-catalogue", component: () => import("./pages/admin/CataloguePage.vue") },
        { path: "knowledge", name: "admin-knowledge", component: () => import("./pages/admin/KnowledgePage.vue") },
        { path: "prompts", name: "admin-prompts", component: () => import("./pages/admin/PromptsPage.vue") },
        { path: "webhooks", name: "admin-webhooks", component: () => import("./pages/admin/WebhooksPage.vue") },
        { path: "import", name: "admin-import", component: () => import("./pages/admin/ImportPage.vue") },
        { path: "audit", name: "admin-audit", component: () => import("./pages/admin/AuditPage.vue") },
      ],
    },
    { path: "/disputes", name: "disputes", component: () => import("./pages/DisputesPage.vue") },
    { path: "/wallboard", name: "wallboard", component: () => import("./pages/WallboardPage.vue") },
    { path: "/shift", name: "shift", component: () => import("./pages/ShiftPage.vue") },
    { path: "/quality", name: "quality", component: () => import("./pages/QualityPage.vue") },
    { path: "/quality/:id", name: "review", component: () => import("./pages/ReviewPage.vue"), props: true },
    { path: "/figures", name: "figures", component: () => import("./pages/FiguresPage.vue") },
    { path: "/leader", name: "leader", component: () => import("./pages/LeaderPage.vue") },
    { path: "/media", name: "media", component: () => import("./pages/MediaPage.vue") },
    { path: "/roster", name: "roster", component: () => import("./pages/RosterPage.vue") },
    { path: "/appraisal", name: "appraisal", component: () => import("./pages/AppraisalPage.vue") },
    { path: "/reports", name: "reports", component: () => import("./pages/ReportsPage.vue") },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});

router.beforeEach(async (to) => {
  const session = useSession();
  await session.resume();
  if (!to.meta.open && !session.user) return { name: "login", query: { to: to.fullPath } };
  // Everybody's own first page.
  if (to.name === "home") return { name: session.onlyListens ? "media" : session.takesCalls ? "console" : session.surveys ? "followups" : "tickets" };
  if (to.name === "admin" && session.firstOfAdmin) return { name: session.firstOfAdmin };
  return true;
});
