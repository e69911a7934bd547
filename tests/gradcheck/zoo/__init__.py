"""Operations to try the checker on: wrong ones that it must fail, right ones that it must not."""
