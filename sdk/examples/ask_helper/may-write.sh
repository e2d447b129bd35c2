#!/bin/sh
# ask_helper runs this for each first message: $1 is the sender, $2 the recipient. 0: allow, 1: deny, 2: no opinion.
case "$1 $2" in
  *@fabrikam.example\ *) exit 0 ;; # whoever writes from there is welcome
  *mallory*) exit 1 ;;
esac
exit 2
