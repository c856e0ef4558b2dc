package faults_test

const writerVariable = "CHAT_FAULTS_WRITER"

func writerMain(string) int { return 0 }
