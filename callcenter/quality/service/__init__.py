"""What people do in quality assurance: plan, review, appeal, rule, compare."""
