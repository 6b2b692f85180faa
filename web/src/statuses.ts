// States of a ticket as people read them, in the order of its life.
export const STATUSES: Record<string, string> = {
  registered: "已受理待派单",
  dispatched: "已派单待签收",
  objected: "异议待裁定",
  returned: "已退单待改派",
  handling: "办理中",
  paused: "暂停计时",
  parked: "挂账待复查",
  replied: "已答复待审核",
  callback: "待回访",
  closed: "已办结",
  merged: "已并单",
  terminated: "已终止",
  transferred: "已移交",
};

const OVER = ["closed", "merged", "terminated", "transferred"];
/** Nothing more will be done. */
export const isOver = (ticket: { status: string }) => OVER.includes(ticket.status);
