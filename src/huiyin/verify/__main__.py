from huiyin.verify.cli import main

main()
