"""Pure decisions of this room: frames and a playbook in, rows out."""
